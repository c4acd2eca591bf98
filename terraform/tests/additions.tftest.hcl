# A function, queue, topic, bucket, secret, setting and schedule that are only in the data: the file added.json beside this one has one more of each.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

run "what_is_added_to_the_data_is_deployed" {
  command = plan

  variables {
    data_file = "tests/added.json"
    bundles   = { for name in keys(jsondecode(file("tests/added.json")).functions) : name => "${name}-${sha256(name)}.zip" }
    settings = {
      TOKEN_PUBLIC_KEYS      = "{\"keys\":[]}"
      GOOGLE_CLIENT_IDS      = "phone"
      GOOGLE_OAUTH_CLIENT_ID = "web"
      APP_REDIRECT_URIS      = "reverie://signed-in"
      ENGINES                = "[]"
      ENGINE_CALLERS         = "engine@example.iam.gserviceaccount.com"
      ADMIN_CALLERS          = "admin@example.iam.gserviceaccount.com"
      MAIL_FROM              = "no-reply@example.com"
      ADDED_LIMIT            = "7"
    }
  }

  assert {
    condition     = google_cloudfunctions2_function.function["added"].service_config[0].service_account_email == "reverie-added@example-reverie.iam.gserviceaccount.com"
    error_message = "The function is deployed, with its own account."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["added"].service_config[0].environment_variables["ADDED_LIMIT"] == "7"
    error_message = "The setting reaches the function."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["added"].service_config[0].environment_variables["ADDED_BUCKET"] == google_storage_bucket.bucket["ADDED_BUCKET"].name
    error_message = "The bucket is made, and the function knows its name."
  }

  assert {
    condition     = google_storage_bucket.bucket["ADDED_BUCKET"].public_access_prevention == "inherited" && google_storage_bucket_iam_member.public["ADDED_BUCKET"].member == "allUsers"
    error_message = "A bucket that the data marks as public is."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["added"].service_config[0].secret_environment_variables[0].secret == google_secret_manager_secret.secret["ADDED_KEY"].secret_id
    error_message = "The secret is made, and reaches the function."
  }

  assert {
    condition     = google_cloud_tasks_queue.queue["added"].name == "added" && google_cloud_tasks_queue_iam_member.grant["added: roles/cloudtasks.enqueuer queue added"].role == "roles/cloudtasks.enqueuer"
    error_message = "The queue is made, and the function may use it."
  }

  assert {
    condition     = google_pubsub_topic.topic["added-events"].name == "added-events" && google_pubsub_topic.dead["added-events"].name == "added-events-dead" && google_pubsub_subscription.function["added"].push_config[0].push_endpoint == "https://added-123456789012.us-central1.run.app/projects/example-reverie/topics/added-events"
    error_message = "The topic has dead letters, and its messages are pushed to the function."
  }

  assert {
    condition     = google_cloud_scheduler_job.job["added-daily"].http_target[0].uri == "https://added-123456789012.us-central1.run.app/daily"
    error_message = "The schedule calls the function."
  }
}
