# Cloud Tasks: a queue each for rings, timers and mail, since back-off slows a whole queue.

resource "google_cloud_tasks_queue" "queue" {
  for_each = local.data.queues

  name     = each.key
  location = var.region

  rate_limits {
    max_dispatches_per_second = each.value.rate
    max_concurrent_dispatches = each.value.concurrent
  }

  retry_config {
    # Time alone ends the retries; 0 s is without end.
    max_attempts       = -1
    max_retry_duration = "${each.value.maxRetrySeconds}s"
    min_backoff        = "${each.value.minBackoffSeconds}s"
    max_backoff        = "${each.value.maxBackoffSeconds}s"
    max_doublings      = each.value.maxDoublings
  }

  depends_on = [google_project_service.service]
}
