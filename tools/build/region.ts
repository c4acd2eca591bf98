/** Where functions run; Firebase's rewrites name it. */
export const REGION = "us-central1";
