# The buckets of the project's data, and the one of the functions' zips.

resource "google_storage_bucket" "bucket" {
  for_each = local.data.buckets

  name                        = local.bucket_names[each.key]
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = each.value.public ? "inherited" : "enforced"

  cors {
    # As the functions themselves: pages of the one origin, and of the setting's.
    origin          = distinct(concat([local.origin], compact(split(",", replace(lookup(var.settings, "ALLOWED_ORIGINS", ""), " ", "")))))
    method          = each.value.cors.methods
    response_header = each.value.cors.headers
    max_age_seconds = each.value.cors.maxAgeSeconds
  }

  soft_delete_policy {
    retention_duration_seconds = each.value.softDeleteSeconds
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.lifecycleDays == null ? [] : [each.value.lifecycleDays]

    content {
      action {
        type = "Delete"
      }

      condition {
        age = lifecycle_rule.value
      }
    }
  }

  depends_on = [google_project_service.service]
}

# Only buckets that the data marks.
resource "google_storage_bucket_iam_member" "public" {
  for_each = { for setting, bucket in local.data.buckets : setting => bucket if bucket.public }

  bucket = google_storage_bucket.bucket[each.key].name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}

# A zip is written once under the name of its hash. Older ones stay for a roll-back.
resource "google_storage_bucket" "bundles" {
  name                        = "${var.project_id}-bundles"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = 365
    }
  }

  depends_on = [google_project_service.service]
}
