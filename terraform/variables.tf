variable "project_id" {
  description = "The Google Cloud project. It holds one environment of Reverie and nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][-a-z0-9]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project's id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "environment" {
  description = "What the project is for. Production keeps its database over two zones."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "An environment is staging or production."
  }
}

variable "region" {
  description = "Where everything runs and is stored. The rewrites in firebase.json name it too."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is named like us-central1."
  }
}

variable "data_file" {
  description = "The deployment's data, made by `npm run deployment` from the project's own."
  type        = string
  default     = "reverie.json"

  validation {
    condition     = fileexists("${path.module}/${var.data_file}")
    error_message = "There is no such file; npm run deployment makes reverie.json."
  }
}

variable "bundles" {
  description = "The object of each function's zip in the bucket of bundles; its name carries the zip's SHA-256. `npm run build` writes it to dist/bundles.tfvars.json."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, object in var.bundles : can(regex("^${name}-[0-9a-f]{64}\\.zip$", object))])
    error_message = "A bundle is named FUNCTION-SHA256.zip."
  }
}

variable "migrations_image" {
  description = "The image of the migrations' job, by digest. Null before there is one."
  type        = string
  default     = null

  validation {
    condition     = var.migrations_image == null || can(regex("@sha256:[0-9a-f]{64}$", var.migrations_image))
    error_message = "The image is named by its digest: a tag may be moved between plan and apply."
  }
}

variable "settings" {
  description = "Values of the settings that are the operator's: what reverie.json says is from the operator. No secrets."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name in keys(var.settings) :
      try(jsondecode(file("${path.module}/${var.data_file}")).settings[name].from, "") == "operator"
    ])
    error_message = "Only settings that reverie.json has as the operator's are given here; secrets are put into Secret Manager."
  }
}

variable "min_instances" {
  description = "Instances that a function keeps while it has no requests. Each costs the whole month."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for count in values(var.min_instances) : count >= 0 && count <= 10])
    error_message = "From 0 to 10 instances are kept."
  }

  validation {
    condition = alltrue([
      for name, count in var.min_instances :
      count <= try(jsondecode(file("${path.module}/${var.data_file}")).functions[name].maxInstances, -1)
    ])
    error_message = "Only functions of reverie.json keep instances, and none more than it may have."
  }
}

variable "edge" {
  description = "What is in front of the functions: Firebase Hosting, or an external load balancer with Cloud Armor."
  type        = string
  default     = "hosting"

  validation {
    condition     = contains(["hosting", "load_balancer"], var.edge)
    error_message = "The edge is hosting or load_balancer."
  }
}

variable "domain" {
  description = "The name of the one origin, such as api.example.com. Null for PROJECT.web.app, which only Hosting has."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain is a host name in lower case, without scheme and path."
  }

  validation {
    condition     = var.edge == "hosting" || var.domain != null
    error_message = "A load balancer needs a domain for its certificate."
  }
}

variable "requests_per_address" {
  description = "Requests a minute from one address that the load balancer lets through."
  type        = number
  default     = 3000

  validation {
    condition     = var.requests_per_address >= 60
    error_message = "Fewer than one request a second shuts out households with several phones."
  }
}

variable "subnet_cidr" {
  description = "Addresses of the functions' instances in the private network. While a revision replaces another both have addresses."
  type        = string
  default     = "10.8.0.0/23"

  validation {
    condition     = can(cidrhost(var.subnet_cidr, 0)) && tonumber(split("/", var.subnet_cidr)[1]) <= 24
    error_message = "The range is in CIDR form and no smaller than a /24."
  }
}

variable "database_tier" {
  description = "The machine of Cloud SQL. Its memory bounds how many connections there can be: the 200 of shared/manifest.ts need 6 GB."
  type        = string
  default     = "db-custom-1-6144"

  validation {
    condition     = can(regex("^db-custom-[0-9]+-[0-9]+$", var.database_tier))
    error_message = "A dedicated machine is named db-custom-CPUS-MEMORY; shared ones have no service level."
  }
}

variable "firestore_location" {
  description = "Where Firestore is: a region, or nam5 or eur3, which are several. It can't be changed later. Null for the region."
  type        = string
  default     = null

  validation {
    condition     = var.firestore_location == null || can(regex("^(nam5|eur3|[a-z]+-[a-z]+[0-9]+)$", var.firestore_location))
    error_message = "Firestore is in a region, named like us-central1, or in nam5 or eur3."
  }
}

variable "operators" {
  description = "Who runs the doctor: people and the account of Cloud Build, as user:ADDRESS, group:ADDRESS or serviceAccount:ADDRESS. They may ask for tokens of this project's accounts, since the doctor asks for each role as the account itself."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount):[^@\\s]+@[^@\\s]+$", member))])
    error_message = "An operator is user:, group: or serviceAccount: and an address."
  }
}

variable "firebase_providers" {
  description = "Ways besides custom tokens in which people sign in to Firebase: email (with a password), phone. Those with a secret of their own (Google, Apple) are set in Firebase's console, so that no state holds it."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.firebase_providers, ["email", "phone"])) == 0
    error_message = "A provider is email or phone; others are set in Firebase's console."
  }
}

variable "alert_emails" {
  description = "Addresses that are mailed when an alert begins and ends."
  type        = list(string)

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+$", address))])
    error_message = "At least one address, or alerts reach no person."
  }
}

variable "repository_url" {
  description = "Where the project's files can be read; alerts link to their runbooks there."
  type        = string

  validation {
    condition     = can(regex("^https://[^ ]+[^/]$", var.repository_url))
    error_message = "An https address without a slash at its end."
  }
}

variable "budget" {
  description = "Spending a month at which people are mailed (at half, at all of it, and when the forecast is above it). Null for no budget."
  type = object({
    billing_account = string
    currency        = string
    units           = number
  })
  default = null

  validation {
    condition     = var.budget == null || try(can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account)) && var.budget.units > 0, false)
    error_message = "A billing account is named like 012345-6789AB-CDEF01, and a budget is above zero."
  }
}

variable "deletion_protection" {
  description = "Whether the database and Firestore refuse to be deleted. Off only to take an environment down."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.deletion_protection || var.environment != "production"
    error_message = "Production stays protected. To take it down, its environment is first called staging."
  }
}
