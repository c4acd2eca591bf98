# The secrets, without their values: `npm run secrets` puts those in, so they are in no state file, plan or build log.

resource "google_secret_manager_secret" "secret" {
  for_each = toset(local.data.secrets)

  secret_id = each.key

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  # A destroyed version can be brought back for a day.
  version_destroy_ttl = "86400s"

  depends_on = [google_project_service.service]
}
