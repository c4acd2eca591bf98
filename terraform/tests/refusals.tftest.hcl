# What a plan refuses, each with a sentence.

mock_provider "google" {
  override_during = plan

  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }

  mock_data "google_storage_project_service_account" {
    defaults = { email_address = "service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
  }

  mock_resource "google_sql_database_instance" {
    defaults = {
      private_ip_address = "10.20.0.3"
      server_ca_cert     = [{ cert = "-----BEGIN CERTIFICATE-----", common_name = "", create_time = "", expiration_time = "", sha1_fingerprint = "" }]
    }
  }
}

variables {
  project_id     = "example-reverie"
  environment    = "staging"
  repository_url = "https://github.com/example/reverie"
  alert_emails   = ["oncall@example.com"]

  bundles = { for name in keys(jsondecode(file("reverie.json")).functions) : name => "${name}-${sha256(name)}.zip" }

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
}

run "a_function_without_a_bundle" {
  command = plan

  variables {
    bundles = {}
  }

  expect_failures = [google_cloudfunctions2_function.function]
}

run "a_setting_that_is_missing" {
  command = plan

  variables {
    settings = {}
  }

  expect_failures = [google_cloudfunctions2_function.function]
}

run "a_secret_among_the_settings" {
  command = plan

  variables {
    settings = { CODE_KEY = "c2VjcmV0" }
  }

  expect_failures = [var.settings]
}

run "an_image_by_its_tag" {
  command = plan

  variables {
    migrations_image = "us-central1-docker.pkg.dev/example-reverie/reverie/migrations:latest"
  }

  expect_failures = [var.migrations_image]
}

run "a_load_balancer_without_a_domain" {
  command = plan

  variables {
    edge = "load_balancer"
  }

  expect_failures = [var.domain]
}

run "a_range_that_is_too_small" {
  command = plan

  variables {
    subnet_cidr = "10.8.0.0/26"
  }

  expect_failures = [var.subnet_cidr]
}

run "alerts_that_reach_no_one" {
  command = plan

  variables {
    alert_emails = []
  }

  expect_failures = [var.alert_emails]
}
