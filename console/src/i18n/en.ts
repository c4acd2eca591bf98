/** English, which the other languages are checked against. */
export const en = {
  common: {
    loading: "Loading …",
    pageLost: "This page could not be loaded. A new version may be there.",
    loadAgain: "Load again",
  },
  nav: {
    skip: "Skip to the content",
    language: "Language",
    signOut: "Sign out",
  },
  notFound: {
    title: "There is nothing here",
    about: "The address may be mistyped, or what was here is gone.",
    home: "To the start",
  },
  welcome: {
    title: "Walk into a memory",
    about:
      "Film a place that matters. Reverie turns the film into a place that the person you care for can visit again.",
    signIn: "Sign in with Google",
    privacy: "What you send is seen by your family only. You can delete all of it at any time.",
    steps: [
      { title: "Film it", text: "A garden, a kitchen, a face. A minute from your phone is enough." },
      { title: "Wait a while", text: "Building a place takes about half an hour. You see where it stands." },
      {
        title: "Step in together",
        text: "On a screen, or with a headset. Seated, slowly, at your own pace.",
      },
    ],
  },
  signedIn: {
    title: "Signing in",
    waiting: "One moment …",
    failedTitle: "You are not signed in",
    refused: {
      cancelled: "You left Google's page without signing in.",
      rejected: "Google's answer could not be verified. Try once more.",
      unverified: "Your e-mail address is not verified at Google. Verify it there, then sign in again.",
      lost: "This sign-in was begun in another tab, or took too long. Begin again.",
      unavailable: "Google can't be reached at the moment. Try again in a minute.",
      offline: "There is no connection to the network. Try again when there is.",
    },
  },
  look: {
    title: "A memory",
    failed: "This memory could not be opened. It may have been deleted.",
  },
} as const;
