# Pub/Sub: each topic has dead letters, which keep what a subscriber refused for too long.

locals {
  # The functions that a topic's messages are pushed to.
  subscriptions = { for name, entry in local.functions : name => entry if entry.trigger.type == "pubsub" }
}

resource "google_pubsub_topic" "topic" {
  for_each = local.data.topics

  name = each.key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.service]
}

resource "google_pubsub_topic" "dead" {
  for_each = local.data.topics

  name = "${each.key}-dead"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.service]
}

# Keeps the dead letters until a person has looked at them; no one is subscribed otherwise.
resource "google_pubsub_subscription" "dead" {
  for_each = local.data.topics

  name                       = "${each.key}-dead"
  topic                      = google_pubsub_topic.dead[each.key].id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

# A subscription of our own and not one that Eventarc makes: that one can have no dead letters from here, and keeps messages for a day.
resource "google_pubsub_subscription" "function" {
  for_each = local.subscriptions

  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.trigger.topic].id
  ack_deadline_seconds       = min(600, each.value.timeoutSeconds)
  message_retention_duration = "${local.data.topics[each.value.trigger.topic].retentionSeconds}s"

  push_config {
    # The functions framework takes the topic's name from the path.
    push_endpoint = "${local.function_urls[each.key]}/projects/${var.project_id}/topics/${each.value.trigger.topic}"

    oidc_token {
      service_account_email = local.account_emails["events"]
      audience              = local.function_urls[each.key]
    }
  }

  retry_policy {
    minimum_backoff = "${local.data.topics[each.value.trigger.topic].minBackoffSeconds}s"
    maximum_backoff = "${local.data.topics[each.value.trigger.topic].maxBackoffSeconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.value.trigger.topic].id
    max_delivery_attempts = local.data.topics[each.value.trigger.topic].maxDeliveryAttempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_cloudfunctions2_function.function, google_service_account.other]
}
