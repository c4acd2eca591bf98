# What a plan refuses, each with a sentence.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bundles = { for name in keys(jsondecode(file("reverie.json")).functions) : name => "${name}-${sha256(name)}.zip" }
}

run "a_function_without_a_bundle" {
  command = plan

  variables {
    bundles = {}
  }

  expect_failures = [google_cloudfunctions2_function.function]
}

run "a_setting_that_is_missing" {
  command = plan

  variables {
    settings = {}
  }

  expect_failures = [google_cloudfunctions2_function.function]
}

run "a_secret_among_the_settings" {
  command = plan

  variables {
    settings = { CODE_KEY = "c2VjcmV0" }
  }

  expect_failures = [var.settings]
}

run "an_image_by_its_tag" {
  command = plan

  variables {
    migrations_image = "us-central1-docker.pkg.dev/example-reverie/reverie/migrations:latest"
  }

  expect_failures = [var.migrations_image]
}

run "a_load_balancer_without_a_domain" {
  command = plan

  variables {
    edge = "load_balancer"
  }

  expect_failures = [var.domain]
}

run "a_range_that_is_too_small" {
  command = plan

  variables {
    subnet_cidr = "10.8.0.0/26"
  }

  expect_failures = [var.subnet_cidr]
}

run "alerts_that_reach_no_one" {
  command = plan

  variables {
    alert_emails = []
  }

  expect_failures = [var.alert_emails]
}

run "instances_of_a_function_that_is_not_there" {
  command = plan

  variables {
    min_instances = { nothing = 1 }
  }

  expect_failures = [var.min_instances]
}

run "more_instances_than_a_function_may_have" {
  command = plan

  variables {
    min_instances = { sweep = 4 }
  }

  expect_failures = [var.min_instances]
}

run "a_place_that_firestore_is_not_in" {
  command = plan

  variables {
    firestore_location = "europe"
  }

  expect_failures = [var.firestore_location]
}

run "production_without_protection" {
  command = plan

  variables {
    environment         = "production"
    deletion_protection = false
  }

  expect_failures = [var.deletion_protection]
}

run "a_provider_that_needs_a_secret" {
  command = plan

  variables {
    firebase_providers = ["google.com"]
  }

  expect_failures = [var.firebase_providers]
}

run "an_operator_without_a_kind" {
  command = plan

  variables {
    operators = ["oncall@example.com"]
  }

  expect_failures = [var.operators]
}
