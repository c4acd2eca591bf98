# Everything that is named after the project's own data: a function, queue, topic, bucket, secret, setting or schedule that is added
# there is deployed without a change here.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  data = jsondecode(file("${path.module}/${var.data_file}"))

  functions = local.data.functions
  # The accounts that no function runs as.
  other_accounts = local.data.accounts

  origin = "https://${coalesce(var.domain, "${var.project_id}.web.app")}"

  # Cloud Run's address of a service, known before the service is there. So functions can name each other.
  function_urls = {
    for name in keys(local.functions) : name => "https://${name}-${data.google_project.this.number}.${var.region}.run.app"
  }

  account_emails = {
    for name in concat(keys(local.functions), keys(local.other_accounts)) :
    name => "reverie-${name}@${var.project_id}.iam.gserviceaccount.com"
  }

  bucket_names = { for setting, bucket in local.data.buckets : setting => "${var.project_id}-${bucket.suffix}" }

  firestore_location = coalesce(var.firestore_location, var.region)
}

# The value of each setting that is the same for all functions; null where there is none, and the code's own default counts.
locals {
  setting_values = {
    for setting, source in local.data.settings : setting => (
      source.from == "project" ? var.project_id :
      source.from == "region" ? var.region :
      source.from == "origin" ? local.origin :
      source.from == "bucket" ? local.bucket_names[setting] :
      source.from == "account" ? local.account_emails[source.name] :
      source.from == "function" ? local.function_urls[source.name] :
      source.from == "streamingOrigin" ? (var.edge == "load_balancer" ? local.origin : local.function_urls[source.name]) :
      source.from == "constant" ? source.value :
      source.from == "edge" ? (var.edge == "load_balancer" ? "loadBalancer" : "hosting") :
      source.from == "databaseCa" ? join("\n", google_sql_database_instance.main.server_ca_cert[*].cert) :
      source.from == "operator" ? lookup(var.settings, setting, null) :
      null
    )
  }

  # What an operator has not given and a function can't start without.
  missing_settings = {
    for name, entry in local.functions : name => [
      for setting in entry.settings : setting
      if try(local.data.settings[setting].required, false) && !contains(keys(var.settings), setting)
    ]
  }
}
