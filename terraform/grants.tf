# Every role that an account of this project has. Functions' and callers' grants are data, with the reason beside each (`why` in
# reverie.json, and the output `grants`); they are what the local cloud's stand-ins check.

locals {
  grants = merge([
    for account, entry in merge(local.functions, local.other_accounts) : {
      for grant in entry.grants : "${account}: ${grant.key}" => {
        role    = startswith(grant.role, "roles/") ? grant.role : "projects/${var.project_id}/roles/${grant.role}"
        member  = "serviceAccount:${local.account_emails[account]}"
        account = account
        on      = grant.on
        why     = grant.why
      }
    }
  ]...)

  # By the type of what they are on.
  granted_on = {
    for type in ["project", "bucket", "topic", "queue", "serviceAccount", "secret", "service"] :
    type => { for key, grant in local.grants : key => grant if grant.on.type == type }
  }

}

resource "google_project_iam_custom_role" "role" {
  for_each = local.data.customRoles

  role_id     = each.key
  title       = each.value.title
  permissions = each.value.permissions
  description = "Narrower than any role of Google's."

  depends_on = [google_project_service.service]
}

resource "google_project_iam_member" "grant" {
  for_each = local.granted_on.project

  project = var.project_id
  role    = each.value.role
  member  = each.value.member

  depends_on = [google_service_account.function, google_service_account.other]
}

resource "google_storage_bucket_iam_member" "grant" {
  for_each = local.granted_on.bucket

  bucket = google_storage_bucket.bucket[each.value.on.setting].name
  role   = each.value.role
  member = each.value.member

  dynamic "condition" {
    for_each = try([each.value.on.prefix], [])

    content {
      title       = "only ${condition.value}"
      description = each.value.why
      expression  = "resource.name.startsWith(\"projects/_/buckets/${local.bucket_names[each.value.on.setting]}/objects/${condition.value}\")"
    }
  }

  depends_on = [google_service_account.function, google_project_iam_custom_role.role]
}

resource "google_pubsub_topic_iam_member" "grant" {
  for_each = local.granted_on.topic

  topic  = google_pubsub_topic.topic[each.value.on.topic].name
  role   = each.value.role
  member = each.value.member

  depends_on = [google_service_account.function]
}

resource "google_cloud_tasks_queue_iam_member" "grant" {
  for_each = local.granted_on.queue

  name     = google_cloud_tasks_queue.queue[each.value.on.queue].name
  location = var.region
  role     = each.value.role
  member   = each.value.member

  depends_on = [google_service_account.function]
}

resource "google_service_account_iam_member" "grant" {
  for_each = local.granted_on.serviceAccount

  service_account_id = "projects/${var.project_id}/serviceAccounts/${local.account_emails[each.value.on.account == "self" ? each.value.account : each.value.on.account]}"
  role               = each.value.role
  member             = each.value.member

  depends_on = [google_service_account.function, google_service_account.other]
}

resource "google_secret_manager_secret_iam_member" "grant" {
  for_each = local.granted_on.secret

  secret_id = google_secret_manager_secret.secret[each.value.on.setting].secret_id
  role      = each.value.role
  member    = each.value.member

  depends_on = [google_service_account.function]
}

# Who may call a private function. The function's Cloud Run service has its name.
resource "google_cloud_run_v2_service_iam_member" "grant" {
  for_each = local.granted_on.service

  location = var.region
  name     = google_cloudfunctions2_function.function[each.value.on.function].name
  role     = each.value.role
  member   = each.value.member

  depends_on = [google_service_account.other]
}

# Functions behind the one origin: it can't authenticate to them, so anyone may call and they check their callers themselves.
resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = { for name, entry in local.functions : name => entry if entry.invoker == "public" }

  location = var.region
  name     = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

# On each account and not on the project: other accounts may be there too, such as the one that deploys.
resource "google_service_account_iam_member" "operator" {
  for_each = {
    for pair in setproduct(keys(local.account_emails), var.operators) : "${pair[0]}: ${pair[1]}" => { account = pair[0], member = pair[1] }
  }

  service_account_id = "projects/${var.project_id}/serviceAccounts/${local.account_emails[each.value.account]}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value.member

  depends_on = [google_service_account.function, google_service_account.other]
}

# Google's own agents.

data "google_storage_project_service_account" "this" {
  project = var.project_id
}

# Cloud Storage's events go through a topic that Eventarc makes for itself.
resource "google_project_iam_member" "storage_events" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
}

# Pub/Sub takes a message from its subscription and puts it into the dead letters.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = local.data.topics

  topic  = google_pubsub_topic.dead[each.key].name
  role   = "roles/pubsub.publisher"
  member = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = local.subscriptions

  subscription = google_pubsub_subscription.function[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

# The builder: https://cloud.google.com/functions/docs/securing/build-custom-sa

resource "google_project_iam_member" "builder_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member
}

# Cloud Functions copies a zip into a bucket that it makes itself, under this name, before anything could be granted on it.
resource "google_project_iam_member" "builder_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "only the sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-${var.region}\")"
  }
}
