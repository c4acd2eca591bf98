/**
 * The roles that are granted, and the permissions of each that the calls of this project need. Google's roles hold more; what is
 * missing here is refused by the stand-ins and allowed by Google, never the reverse.
 * Source: IAM's reference of roles and permissions, https://cloud.google.com/iam/docs/roles-permissions, pages `cloudtasks`, `storage`,
 * `iam`, `pubsub`, `datastore`, `cloudsql`, `firebaseauth`, `firebasecloudmessaging`, `secretmanager`, `run` and `eventarc`.
 */

const GOOGLES = {
  "roles/datastore.user": [
    "datastore.entities.create",
    "datastore.entities.delete",
    "datastore.entities.get",
    "datastore.entities.list",
    "datastore.entities.update",
  ],
  "roles/cloudsql.client": ["cloudsql.instances.connect", "cloudsql.instances.get"],
  "roles/cloudsql.instanceUser": ["cloudsql.instances.get", "cloudsql.instances.login"],
  "roles/pubsub.publisher": ["pubsub.topics.publish"],
  "roles/cloudtasks.enqueuer": ["cloudtasks.tasks.create"],
  "roles/cloudtasks.taskDeleter": ["cloudtasks.tasks.delete"],
  "roles/iam.serviceAccountUser": ["iam.serviceAccounts.actAs"],
  "roles/iam.serviceAccountTokenCreator": [
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
    "iam.serviceAccounts.signBlob",
  ],
  // Lists a bucket too; without that, Cloud Storage answers 403 and not 404 for an object that isn't there.
  "roles/storage.objectViewer": ["storage.objects.get", "storage.objects.list"],
  // Does not replace: writing over an object needs storage.objects.delete.
  "roles/storage.objectCreator": ["storage.objects.create"],
  "roles/firebaseauth.admin": [
    "firebaseauth.users.delete",
    "firebaseauth.users.get",
    "firebaseauth.users.update",
  ],
  "roles/firebasecloudmessaging.admin": ["cloudmessaging.messages.create"],
  "roles/secretmanager.secretAccessor": ["secretmanager.versions.access"],
  "roles/run.invoker": ["run.routes.invoke"],
  "roles/eventarc.eventReceiver": ["eventarc.events.receiveEvent"],
} as const satisfies Record<`roles/${string}`, readonly string[]>;

/**
 * Roles of this project's own, where Google's narrowest allows too much; Terraform creates them. Of Google's roles, each that may delete
 * objects may create them too.
 */
export const customRoles = {
  "reverie.objectDeleter": {
    title: "Deletes objects",
    permissions: ["storage.objects.delete"],
  },
} as const satisfies Record<`reverie.${string}`, { title: string; permissions: readonly string[] }>;

export type CustomRole = keyof typeof customRoles;
export type Role = keyof typeof GOOGLES | CustomRole;

/** The permissions of a role that are listed here. */
export function permissionsOf(role: Role): readonly string[] {
  return isCustom(role) ? customRoles[role].permissions : GOOGLES[role];
}

export function isRole(name: string): name is Role {
  return Object.hasOwn(GOOGLES, name) || Object.hasOwn(customRoles, name);
}

function isCustom(role: Role): role is CustomRole {
  return Object.hasOwn(customRoles, role);
}
