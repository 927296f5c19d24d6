namespace Krewe.Member.Tests.Cluster;

/// <summary>libfaketime, which gives a process another clock.</summary>
internal static class FakeClock
{
    private static readonly string? Found = new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib" }
        .Select(static folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);

    /// <summary>The library; skips the test where it is not installed.</summary>
    public static string Library
    {
        get
        {
            Assert.SkipWhen(Found is null, "There is no libfaketime here (package libfaketime), so no clock can be set back.");
            return Found;
        }
    }
}
