# One function for each in the data, out of its zip.

locals {
  environment = {
    for name, entry in local.functions : name => merge(
      {
        NODE_ENV = "production"
        # What V8 compiled when the image was built (`gcp-build` in the zip's package.json).
        NODE_COMPILE_CACHE = "/workspace/.compiled"
        NODE_OPTIONS       = entry.nodeOptions
      },
      {
        for setting in entry.settings : setting => (
          local.data.settings[setting].from == "databaseUrl" ? local.database_urls[name] : local.setting_values[setting]
        )
        if local.data.settings[setting].from != "secret" && (
          local.data.settings[setting].from != "operator" || contains(keys(var.settings), setting)
        )
      },
    )
  }

  function_secrets = {
    for name, entry in local.functions : name => [
      for setting in entry.settings : setting if local.data.settings[setting].from == "secret"
    ]
  }

  # Cloud Tasks, Scheduler, Eventarc and Pub/Sub count as internal. Behind a load balancer, so do requests through it.
  public_ingress = var.edge == "load_balancer" ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions

  name        = each.key
  location    = var.region
  description = each.value.purpose

  build_config {
    runtime           = "nodejs24"
    entry_point       = each.key
    service_account   = google_service_account.builder.id
    docker_repository = google_artifact_registry_repository.images.id

    source {
      storage_source {
        bucket = google_storage_bucket.bundles.name
        object = lookup(var.bundles, each.key, "")
      }
    }

    # Security patches of the base image without a deployment.
    automatic_update_policy {}
  }

  service_config {
    service_account_email            = local.account_emails[each.key]
    available_memory                 = "${each.value.memoryMiB}Mi"
    available_cpu                    = tostring(each.value.cpu)
    timeout_seconds                  = each.value.timeoutSeconds
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = lookup(var.min_instances, each.key, 0)
    max_instance_count               = each.value.maxInstances
    # A call by another function comes over the internet; IAM refuses everyone else.
    ingress_settings               = each.value.invoker == "public" ? local.public_ingress : length(try(each.value.callers, [])) > 0 ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true
    environment_variables          = local.environment[each.key]

    dynamic "secret_environment_variables" {
      for_each = local.function_secrets[each.key]

      content {
        project_id = var.project_id
        key        = secret_environment_variables.value
        secret     = google_secret_manager_secret.secret[secret_environment_variables.value].secret_id
        # Read when an instance starts: a rotation is finished by a new revision (docs/deploy.md).
        version = "latest"
      }
    }

    # Only to the database: what goes to Google's APIs and to the internet keeps its own way.
    direct_vpc_egress = each.value.sqlPool > 0 ? "VPC_EGRESS_PRIVATE_RANGES_ONLY" : null

    dynamic "direct_vpc_network_interface" {
      for_each = each.value.sqlPool > 0 ? [true] : []

      content {
        network    = google_compute_network.main.name
        subnetwork = google_compute_subnetwork.functions.name
      }
    }
  }

  # Eventarc's triggers. Topics have subscriptions of their own (topics.tf).
  dynamic "event_trigger" {
    for_each = each.value.trigger.type == "storage" ? [each.value.trigger] : []

    content {
      trigger_region        = var.region
      event_type            = "google.cloud.storage.object.v1.finalized"
      retry_policy          = event_trigger.value.retry ? "RETRY_POLICY_RETRY" : "RETRY_POLICY_DO_NOT_RETRY"
      service_account_email = local.account_emails["events"]

      event_filters {
        attribute = "bucket"
        value     = google_storage_bucket.bucket[event_trigger.value.bucket].name
      }
    }
  }

  dynamic "event_trigger" {
    for_each = each.value.trigger.type == "firestore" ? [each.value.trigger] : []

    content {
      trigger_region        = local.firestore_location
      event_type            = "google.cloud.firestore.document.v1.written"
      retry_policy          = event_trigger.value.retry ? "RETRY_POLICY_RETRY" : "RETRY_POLICY_DO_NOT_RETRY"
      service_account_email = local.account_emails["events"]

      event_filters {
        attribute = "database"
        value     = google_firestore_database.main.name
      }

      event_filters {
        attribute = "document"
        value     = event_trigger.value.document
        operator  = "match-path-pattern"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(keys(var.bundles), each.key)
      error_message = "${each.key} has no bundle: npm run build, and give dist/bundles.tfvars.json with -var-file."
    }

    precondition {
      condition     = length(local.missing_settings[each.key]) == 0
      error_message = "${each.key} can't start without ${join(", ", local.missing_settings[each.key])}: give them in settings."
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.builder,
    google_project_iam_member.builder_logs,
    google_project_iam_member.builder_sources,
    google_project_iam_member.grant,
    google_project_iam_member.storage_events,
    google_secret_manager_secret_iam_member.grant,
    google_service_account.function,
    google_service_account.other,
    google_sql_user.account,
    google_storage_bucket_iam_member.builder,
  ]
}
