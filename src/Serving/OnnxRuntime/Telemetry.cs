namespace Krewe.Serving;

/// <summary>Turns ONNX Runtime's telemetry off. From 1.29 it is on by default on Linux and reads its switch from the C environment.</summary>
internal static class Telemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Must come before the first call of ONNX Runtime; after that it has no effect.</summary>
    public static void TurnOff() => NativeEnvironment.Set(Variable, "1");

    /// <summary>The switch as native code sees it; null where it is not set.</summary>
    public static string? NativeValue() => NativeEnvironment.Get(Variable);
}
