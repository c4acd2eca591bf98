/** Whether a headset can be used here. Browsers without WebXR, and pages that are not allowed it, say no. */
export async function hasHeadset(): Promise<boolean> {
  try {
    return (await navigator.xr?.isSessionSupported("immersive-vr")) ?? false;
  } catch {
    return false;
  }
}
