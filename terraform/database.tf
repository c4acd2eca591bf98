# Postgres: private address only, TLS only, log-ins by IAM only.

locals {
  # Functions with a pool, and the migrations' job. Postgres knows an account by its address without the end.
  database_users = {
    for name in concat([for name, entry in local.functions : name if entry.sqlPool > 0], ["migrations"]) :
    name => trimsuffix(local.account_emails[name], ".gserviceaccount.com")
  }

  # No password: it is an access token of the account at each connection. Certificates of an instance are signed by its own CA, so
  # trusting that one (verify-ca) is trusting the instance; they don't name the private address. The database's name is asked of its resource,
  # so all that has this address comes after the database.
  database_urls = {
    for name, user in local.database_users : name =>
    "postgres://${urlencode(user)}@${google_sql_database_instance.main.private_ip_address}:5432/${google_sql_database.reverie.name}?sslmode=verify-ca"
  }

  # While a revision replaces another, both may have all their instances.
  connections_needed = 2 * sum([for entry in values(local.functions) : entry.maxInstances * entry.sqlPool])
}

resource "google_sql_database_instance" "main" {
  name                = "reverie"
  region              = var.region
  database_version    = "POSTGRES_18"
  deletion_protection = var.deletion_protection

  settings {
    edition                     = "ENTERPRISE"
    tier                        = var.database_tier
    availability_type           = var.environment == "production" ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 10
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.main.id
      ssl_mode        = "ENCRYPTED_ONLY"
      server_ca_mode  = "GOOGLE_MANAGED_INTERNAL_CA"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "03:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 14
        retention_unit   = "COUNT"
      }
    }

    maintenance_window {
      day          = 7
      hour         = 4
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled  = true
      record_application_tags = true
      record_client_address   = false
    }

    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }

    database_flags {
      name  = "max_connections"
      value = tostring(local.data.database.maxConnections)
    }
  }

  lifecycle {
    precondition {
      condition     = local.connections_needed <= local.data.database.connections
      error_message = "Two revisions of all functions may open ${local.connections_needed} connections, and the database has ${local.data.database.connections} for them."
    }
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_sql_database" "reverie" {
  name            = "reverie"
  instance        = google_sql_database_instance.main.name
  deletion_policy = "ABANDON"
}

# What each may do in the database is granted by the migrations' job, after the migrations.
resource "google_sql_user" "account" {
  for_each = local.database_users

  instance = google_sql_database_instance.main.name
  name     = each.value
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
  # A user that owns or may do something can't be deleted through the API.
  deletion_policy = "ABANDON"

  depends_on = [google_service_account.function, google_service_account.other]
}
