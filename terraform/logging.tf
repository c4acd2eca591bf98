# Logs live for a week. What was done to data and rights by people and accounts is kept apart for 400 days.

resource "google_logging_project_bucket_config" "default" {
  project        = var.project_id
  location       = "global"
  bucket_id      = "_Default"
  retention_days = 7
}

resource "google_logging_project_bucket_config" "audit" {
  project        = var.project_id
  location       = var.region
  bucket_id      = "audit"
  retention_days = 400
  description    = "Audit logs"

  depends_on = [google_project_service.service]
}

resource "google_logging_project_sink" "audit" {
  name                   = "audit"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = "log_id(\"cloudaudit.googleapis.com/activity\") OR log_id(\"cloudaudit.googleapis.com/data_access\") OR log_id(\"cloudaudit.googleapis.com/policy\")"
  unique_writer_identity = true
}

# Reading secrets and data is logged only where it is asked for. Firestore's and Storage's own reads are left out: functions make
# thousands a day, and the functions' own log says what for.
resource "google_project_iam_audit_config" "reads" {
  for_each = toset(["secretmanager.googleapis.com", "cloudsql.googleapis.com", "iamcredentials.googleapis.com"])

  project = var.project_id
  service = each.key

  audit_log_config {
    log_type = "ADMIN_READ"
  }

  dynamic "audit_log_config" {
    # Every signed URL is a signBlob, which would be logged.
    for_each = each.key == "iamcredentials.googleapis.com" ? [] : [true]

    content {
      log_type = "DATA_READ"
    }
  }
}
