# What every test of this folder gives, unless it gives something else itself. No command but `terraform test` reads it.
project_id     = "example-reverie"
environment    = "staging"
repository_url = "https://github.com/example/reverie"
alert_emails   = ["oncall@example.com"]

settings = {
  TOKEN_PUBLIC_KEYS      = "{\"keys\":[]}"
  GOOGLE_CLIENT_IDS      = "phone"
  GOOGLE_OAUTH_CLIENT_ID = "web"
  APP_REDIRECT_URIS      = "reverie://signed-in"
  ALLOWED_ORIGINS        = "https://app.example.com, https://console.example.com"
  ENGINES                = "[]"
  ENGINE_CALLERS         = "engine@example.iam.gserviceaccount.com"
  ADMIN_CALLERS          = "admin@example.iam.gserviceaccount.com"
  MAIL_FROM              = "no-reply@example.com"
}
