terraform {
  # 1.11 has write-only arguments and the overrides that the tests use.
  required_version = ">= 1.11.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }

  # Its bucket is given at `terraform init`, since it differs by environment: docs/deploy.md, step 3.
  backend "gcs" {
    prefix = "terraform"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # Budgets are asked of the billing account, and count against this project's quota.
  billing_project       = var.project_id
  user_project_override = true
}
