# Firestore, its indexes and times to live from the file that the emulator reads, and the security rules likewise.

resource "google_firestore_database" "main" {
  name        = "(default)"
  location_id = local.firestore_location
  type        = "FIRESTORE_NATIVE"

  concurrency_mode                  = "OPTIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  # Leaving Terraform's state deletes no data.
  deletion_policy = "ABANDON"

  depends_on = [google_project_service.service]
}

resource "google_firestore_index" "index" {
  for_each = local.data.firestore.indexes

  database    = google_firestore_database.main.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path = fields.value.fieldPath
      order      = fields.value.order
    }
  }
}

resource "google_firestore_field" "field" {
  for_each = local.data.firestore.fields

  database   = google_firestore_database.main.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  # Without indexes inside, the field has none.
  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        order       = indexes.value.order
        query_scope = indexes.value.queryScope
      }
    }
  }

  dynamic "ttl_config" {
    for_each = each.value.ttl ? [true] : []

    content {}
  }
}

resource "google_firebaserules_ruleset" "firestore" {
  source {
    files {
      name    = local.data.firestore.rules
      content = file("${path.module}/../${local.data.firestore.rules}")
    }
  }

  lifecycle {
    # The release names a ruleset, so the new one has to be there before the old one goes.
    create_before_destroy = true
  }

  depends_on = [google_firestore_database.main]
}

resource "google_firebaserules_release" "firestore" {
  name         = "cloud.firestore"
  ruleset_name = "projects/${var.project_id}/rulesets/${google_firebaserules_ruleset.firestore.name}"
}

# Phones sign in to Firebase with a custom token, to listen to their jobs' documents; the first such sign-in makes the account, so sign-up
# stays open. Firebase may also vouch for people in other ways (functions/auth/README.md). An account that someone makes for themselves here reads
# nothing: the security rules ask for a session document, which only functions write, and functions/auth joins accounts by verified addresses alone.
resource "google_identity_platform_config" "main" {
  sign_in {
    allow_duplicate_emails = false

    anonymous {
      enabled = false
    }

    email {
      enabled           = contains(var.firebase_providers, "email")
      password_required = true
    }

    phone_number {
      enabled = contains(var.firebase_providers, "phone")
    }
  }

  client {
    permissions {
      disabled_user_signup = false
      # Accounts go by way of DELETE /v1/me, which erases the rest of the person's data too.
      disabled_user_deletion = true
    }
  }

  depends_on = [google_project_service.service]
}
