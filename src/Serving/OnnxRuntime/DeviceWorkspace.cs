namespace Krewe.Serving;

/// <summary>
/// Keeps the scratch memory of cuBLAS small. Every run under way beside others has its own, for each session, and it stays with the
/// session: 32 MiB by default on newer devices, held more than once, which is more than most models. 8 MiB were seen to be as fast.
/// </summary>
internal static class DeviceWorkspace
{
    public const string Variable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>Two blocks of 4096 KiB.</summary>
    public const string Small = ":4096:2";

    /// <summary>Must come before the first session on a device. What the user has set stays.</summary>
    public static void Limit()
    {
        if (NativeEnvironment.Get(Variable) is null)
        {
            NativeEnvironment.Set(Variable, Small);
        }
    }
}
