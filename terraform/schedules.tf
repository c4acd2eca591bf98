# Cloud Scheduler's jobs: each a POST with an ID token whose audience is the function's own address.

resource "google_cloud_scheduler_job" "job" {
  for_each = local.data.schedules

  name             = each.key
  description      = each.value.purpose
  region           = var.region
  schedule         = each.value.cron
  time_zone        = each.value.timeZone
  attempt_deadline = "${each.value.attemptDeadlineSeconds}s"

  http_target {
    http_method = "POST"
    uri         = "${local.function_urls[each.value.function]}${each.value.path}"

    oidc_token {
      service_account_email = local.account_emails["scheduler"]
      audience              = local.function_urls[each.value.function]
    }
  }

  # The next run does what this one did not.
  retry_config {
    retry_count = 0
  }

  depends_on = [google_cloudfunctions2_function.function, google_service_account.other]
}
