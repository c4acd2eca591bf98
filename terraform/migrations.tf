# Migrations run inside the network, as an account of their own. Cloud Build starts the job after each apply.

resource "google_cloud_run_v2_job" "migrations" {
  count = var.migrations_image == null ? 0 : 1

  name                = "migrations"
  location            = var.region
  deletion_protection = false

  template {
    task_count = 1

    template {
      service_account = local.account_emails["migrations"]
      # Twice the same migrations are harmless, but a person should see why they failed.
      max_retries = 0
      timeout     = "1800s"

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = google_compute_network.main.name
          subnetwork = google_compute_subnetwork.functions.name
        }
      }

      containers {
        image = var.migrations_image

        env {
          name  = "DATABASE_URL"
          value = local.database_urls["migrations"]
        }

        env {
          name  = "DATABASE_IAM"
          value = "true"
        }

        env {
          name  = "DATABASE_CA"
          value = join("\n", google_sql_database_instance.main.server_ca_cert[*].cert)
        }

        env {
          # Owns all tables, and may create roles. Cloud Build makes the job's user a member of it.
          name  = "DATABASE_OWNER"
          value = "cloudsqlsuperuser"
        }

        env {
          # The users that become members of their functions' group roles, afterwards.
          name  = "DATABASE_USERS"
          value = jsonencode({ for name, user in local.database_users : name => user if name != "migrations" })
        }
      }
    }
  }

  depends_on = [google_project_iam_member.grant, google_service_account.other, google_sql_user.account]
}
