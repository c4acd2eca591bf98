# What a plan of the project's own data must be. The provider is a mock, so nothing here needs a network or an account.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundles = { for name in keys(jsondecode(file("reverie.json")).functions) : name => "${name}-${sha256(name)}.zip" }
}

run "plan" {
  command = plan

  variables {
    migrations_image = "us-central1-docker.pkg.dev/example-reverie/reverie/migrations@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    operators        = ["user:oncall@example.com"]
  }

  assert {
    condition = (
      length(google_service_account_iam_member.operator) == length(local.functions) + length(local.other_accounts) &&
      alltrue([for grant in google_service_account_iam_member.operator : grant.member == "user:oncall@example.com"])
    )
    error_message = "Only operators may ask for tokens of the functions' accounts, granted on each account."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].service_account_email == "${google_service_account.function[name].account_id}@example-reverie.iam.gserviceaccount.com"
    ]) && length(distinct([for account in google_service_account.function : account.account_id])) == length(local.functions)
    error_message = "Each function runs as an account of its own."
  }

  assert {
    condition = length(setintersection(
      ["roles/owner", "roles/editor", "roles/viewer"],
      [for grant in local.grants : grant.role],
    )) == 0
    error_message = "No account has a primitive role."
  }

  assert {
    condition = alltrue([
      for grant in google_project_iam_member.grant :
      !startswith(grant.role, "roles/storage.") && !startswith(grant.role, "roles/iam.") && !endswith(grant.role, "objectDeleter")
    ])
    error_message = "Roles of Storage, and those that make tokens of other accounts, are granted on one bucket or account."
  }

  assert {
    condition     = length(google_project_iam_member.builder_sources.condition) == 1
    error_message = "The builder reads one bucket, by a condition."
  }

  assert {
    condition = toset(concat(
      [for key, grant in google_project_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_storage_bucket_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_pubsub_topic_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_cloud_tasks_queue_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_service_account_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_secret_manager_secret_iam_member.grant : "${key}: ${grant.role}"],
      [for key, grant in google_cloud_run_v2_service_iam_member.grant : "${key}: ${grant.role}"],
      )) == toset(flatten([
        for account, entry in merge(local.data.functions, local.data.accounts) : [
          for grant in entry.grants :
          "${account}: ${grant.key}: ${startswith(grant.role, "roles/") ? grant.role : "projects/example-reverie/roles/${grant.role}"}"
        ]
    ]))
    error_message = "Every grant of the data is made, and no other."
  }

  assert {
    condition = alltrue([
      for key, grant in google_storage_bucket_iam_member.grant :
      length(grant.condition) == (can(local.grants[key].on.prefix) ? 1 : 0)
    ])
    error_message = "A grant on a prefix has its condition."
  }

  assert {
    condition = (
      toset(keys(google_cloud_run_v2_service_iam_member.public)) == toset([for name, entry in local.functions : name if entry.invoker == "public"]) &&
      alltrue([for grant in google_cloud_run_v2_service_iam_member.grant : grant.member != "allUsers"])
    )
    error_message = "Only what the data says is public may be called by anyone."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].ingress_settings == (local.functions[name].invoker == "public" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY")
    ])
    error_message = "Private functions are reached from inside only."
  }

  assert {
    condition = length(google_storage_bucket_iam_member.public) == 0 && alltrue([
      for bucket in concat(values(google_storage_bucket.bucket), [google_storage_bucket.bundles]) :
      bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access
    ])
    error_message = "No bucket is public, and none has access lists by object."
  }

  assert {
    condition = alltrue([
      for setting, bucket in google_storage_bucket.bucket :
      bucket.cors[0].method == tolist(local.data.buckets[setting].cors.methods) &&
      bucket.cors[0].response_header == tolist(local.data.buckets[setting].cors.headers) &&
      bucket.cors[0].max_age_seconds == local.data.buckets[setting].cors.maxAgeSeconds &&
      bucket.cors[0].origin == tolist(["https://example-reverie.web.app", "https://app.example.com", "https://console.example.com"])
    ])
    error_message = "A bucket's CORS is what the data says, for the origin's own pages and those of ALLOWED_ORIGINS."
  }

  assert {
    condition     = alltrue([for bucket in google_storage_bucket.bucket : bucket.soft_delete_policy[0].retention_duration_seconds == 0])
    error_message = "What is erased can't be restored."
  }

  assert {
    condition = (
      google_sql_database_instance.main.settings[0].ip_configuration[0].ipv4_enabled == false &&
      google_sql_database_instance.main.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY" &&
      google_sql_database_instance.main.settings[0].backup_configuration[0].point_in_time_recovery_enabled &&
      google_sql_database_instance.main.deletion_protection &&
      google_sql_database_instance.main.settings[0].deletion_protection_enabled
    )
    error_message = "The database has no public address, refuses plain text, can be restored to a moment, and can't be deleted by mistake."
  }

  assert {
    condition     = alltrue([for user in google_sql_user.account : user.type == "CLOUD_IAM_SERVICE_ACCOUNT"])
    error_message = "No user of the database has a password."
  }

  assert {
    condition     = local.connections_needed <= local.data.database.connections && local.data.database.connections < local.data.database.maxConnections
    error_message = "Two revisions of all functions fit into the database, and some connections are left for people."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].direct_vpc_egress == (local.functions[name].sqlPool > 0 ? "VPC_EGRESS_PRIVATE_RANGES_ONLY" : null)
      if local.functions[name].sqlPool > 0
    ])
    error_message = "A function with a pool reaches the private network."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      toset(concat(
        keys(function.service_config[0].environment_variables),
        function.service_config[0].secret_environment_variables[*].key,
        )) == setunion(["NODE_ENV", "NODE_COMPILE_CACHE", "NODE_OPTIONS"], setsubtract(
        local.functions[name].settings,
        [for setting, source in local.data.settings : setting if source.from == "operator" && !contains(keys(var.settings), setting)],
      ))
    ])
    error_message = "A function has exactly the settings of its entry."
  }

  assert {
    condition = alltrue(flatten([
      for function in google_cloudfunctions2_function.function : [
        for secret in local.data.secrets : !contains(keys(function.service_config[0].environment_variables), secret)
      ]
    ]))
    error_message = "No secret stands in a plain variable."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["auth"].service_config[0].environment_variables["DATABASE_URL"] == "postgres://reverie-auth%40example-reverie.iam@10.20.0.3:5432/reverie?sslmode=verify-ca"
    error_message = "A function logs in to the private address as its own user, without a password."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.build_config[0].source[0].storage_source[0].object == "${name}-${sha256(name)}.zip"
    ])
    error_message = "A function is built of the zip whose name carries its hash."
  }

  assert {
    condition     = alltrue([for name, alert in local.data.alerts : fileexists("../${alert.runbook}")])
    error_message = "Every alert has a runbook."
  }

  assert {
    condition = alltrue([
      for name, policy in google_monitoring_alert_policy.alert :
      policy.documentation[0].links[0].url == "https://github.com/example/reverie/blob/main/${local.data.alerts[name].runbook}" &&
      length(policy.notification_channels) == 1
    ])
    error_message = "Every alert links to its runbook and reaches a person."
  }

  assert {
    condition = (
      google_logging_project_bucket_config.default.retention_days == 7 &&
      google_logging_project_bucket_config.audit.retention_days == 400
    )
    error_message = "Logs live for a week, audit logs for 400 days."
  }

  assert {
    condition = alltrue([
      for name, queue in google_cloud_tasks_queue.queue :
      queue.rate_limits[0].max_dispatches_per_second == local.data.queues[name].rate &&
      queue.retry_config[0].max_retry_duration == "${local.data.queues[name].maxRetrySeconds}s"
    ])
    error_message = "A queue has the rate and the retries of the data."
  }

  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.function :
      subscription.dead_letter_policy[0].max_delivery_attempts == local.data.topics[local.functions[name].trigger.topic].maxDeliveryAttempts
    ]) && length(google_pubsub_subscription.dead) == length(local.data.topics)
    error_message = "Each topic has dead letters, and something that keeps them."
  }

  assert {
    condition = (
      google_cloudfunctions2_function.function["ingest"].event_trigger[0].event_type == "google.cloud.storage.object.v1.finalized" &&
      google_cloudfunctions2_function.function["sync"].event_trigger[0].event_type == "google.cloud.firestore.document.v1.written" &&
      alltrue([for name in ["ingest", "sync"] : google_cloudfunctions2_function.function[name].event_trigger[0].retry_policy == "RETRY_POLICY_RETRY"]) &&
      length(google_cloudfunctions2_function.function["notify"].event_trigger) == 0
    )
    error_message = "Storage's and Firestore's events come through Eventarc and are delivered again after a failure."
  }

  assert {
    condition     = google_firebaserules_ruleset.firestore.source[0].files[0].content == file("../firestore.rules")
    error_message = "The rules are those that the emulator uses."
  }

  assert {
    condition = toset([for field in google_firestore_field.field : "${field.collection}.${field.field}" if length(field.ttl_config) == 1]) == toset([
      for field in jsondecode(file("../firestore.indexes.json")).fieldOverrides : "${field.collectionGroup}.${field.fieldPath}" if try(field.ttl, false)
    ]) && length(google_firestore_index.index) == length(jsondecode(file("../firestore.indexes.json")).indexes)
    error_message = "Indexes and times to live are those of the file that the emulator uses."
  }

  assert {
    condition = (
      !google_identity_platform_config.main.client[0].permissions[0].disabled_user_signup &&
      !google_identity_platform_config.main.sign_in[0].anonymous[0].enabled &&
      !google_identity_platform_config.main.sign_in[0].email[0].enabled &&
      !google_identity_platform_config.main.sign_in[0].phone_number[0].enabled
    )
    error_message = "A custom token's first sign-in may make the Firebase account, and no other way in is open unless it is asked for."
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].availability_type == "ZONAL"
    error_message = "Staging has its database in one zone."
  }

  assert {
    condition     = length(google_compute_url_map.edge) == 0 && output.origin == "https://example-reverie.web.app"
    error_message = "By default Hosting is in front."
  }
}

run "production_behind_a_load_balancer" {
  command = plan

  variables {
    environment = "production"
    edge        = "load_balancer"
    domain      = "api.example.com"

    firebase_providers = ["email", "phone"]
  }

  assert {
    condition = (
      google_identity_platform_config.main.sign_in[0].email[0].enabled &&
      google_identity_platform_config.main.sign_in[0].phone_number[0].enabled
    )
    error_message = "Firebase offers the ways in that the operator asks for."
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].availability_type == "REGIONAL"
    error_message = "Production has its database in two zones."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].ingress_settings == (local.functions[name].invoker == "public" ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_INTERNAL_ONLY")
    ])
    error_message = "No function can be called past the load balancer."
  }

  assert {
    condition = alltrue([
      for backend in google_compute_backend_service.function :
      contains(backend.custom_request_headers, "X-Client-Address: {client_ip_address}")
    ])
    error_message = "The load balancer writes the caller's address over what the caller sent."
  }

  assert {
    condition = toset([
      for rule in google_compute_url_map.edge[0].path_matcher[0].route_rules : rule.match_rules[0].path_template_match
      ]) == toset(concat(
      flatten([for name, entry in local.functions : try(entry.trigger.paths, [])]),
      [local.data.fallback.path],
    ))
    error_message = "Every path of the origin leads to its function."
  }

  assert {
    condition = (
      index([for rule in google_compute_url_map.edge[0].path_matcher[0].route_rules : rule.match_rules[0].path_template_match], "/v1/jobs/*/events")
      < index([for rule in google_compute_url_map.edge[0].path_matcher[0].route_rules : rule.match_rules[0].path_template_match], "/v1/jobs/**")
    )
    error_message = "The streams of a job are asked before the function of all its other paths."
  }

  assert {
    condition     = length([for rule in google_compute_security_policy.edge[0].rule : rule if rule.action == "throttle"]) == 1
    error_message = "An address that asks too much is slowed down."
  }

  assert {
    condition = (
      google_cloudfunctions2_function.function["auth"].service_config[0].environment_variables["PUBLIC_ORIGIN"] == "https://api.example.com" &&
      google_cloudfunctions2_function.function["auth"].service_config[0].environment_variables["EDGE"] == "loadBalancer"
    )
    error_message = "Functions know the origin by the domain, and the way in."
  }
}

# What docs/deploy.md and Cloud Build apply before the migrations: the job with all that it needs, and the metrics.
run "what_is_applied_before_the_migrations" {
  command = plan

  plan_options {
    target = [terraform_data.before_migrations]
  }

  variables {
    migrations_image = "us-central1-docker.pkg.dev/example-reverie/reverie/migrations@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }

  assert {
    condition     = google_sql_database.reverie.name == "reverie"
    error_message = "The database is there before the job logs in to it."
  }

  assert {
    condition     = toset(keys(google_sql_user.account)) == toset(keys(local.database_users))
    error_message = "The job makes each function's user a member of its role, so all users are there."
  }
  assert {
    condition     = length(google_cloud_run_v2_job.migrations) == 1 && toset(keys(google_logging_metric.event)) == toset(keys(local.data.metrics))
    error_message = "The job is there, and metrics are made before the alerts that name them."
  }
}
