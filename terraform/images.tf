# Images: of functions, which the platform builds out of their zips, and of the migrations' job.

resource "google_artifact_registry_repository" "images" {
  repository_id = "reverie"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of functions and of the migrations' job."

  # Each version is stored whole; what a roll-back needs is kept.
  cleanup_policies {
    id     = "keep-ten"
    action = "KEEP"

    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-after-sixty-days"
    action = "DELETE"

    condition {
      tag_state  = "ANY"
      older_than = "5184000s"
    }
  }

  depends_on = [google_project_service.service]
}
