namespace Krewe.Serving.Tests.Loading;

/// <summary>Whether this machine has a device of NVIDIA.</summary>
internal static class NvidiaDevice
{
    public static bool IsThere => File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg");

    /// <summary>Whether ONNX Runtime lies here with its provider for it.</summary>
    public static bool HasProvider => Directory
        .EnumerateFiles(AppContext.BaseDirectory, "libonnxruntime_providers_cuda.so", SearchOption.AllDirectories).Any();
}
