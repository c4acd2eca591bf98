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
