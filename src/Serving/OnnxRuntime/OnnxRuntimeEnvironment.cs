using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// ONNX Runtime's process-wide environment: telemetry off, one shared intra-op thread pool for all sessions that ask for more than one
/// thread, and its log forwarded to ours. There is one per process; the first caller decides the options.
/// </summary>
internal static partial class OnnxRuntimeEnvironment
{
    private static readonly Lock Gate = new();
    private static ILogger? log;

    /// <summary>The size of the shared intra-op pool; 0 before the environment is created.</summary>
    public static int IntraOpThreads { get; private set; }

    /// <summary>Creates the environment if needed. Must precede any other use of ONNX Runtime.</summary>
    public static void EnsureStarted(int intraOpThreads = 1, ILogger? logger = null)
    {
        lock (Gate)
        {
            log = logger ?? log;
            if (IntraOpThreads > 0)
            {
                return;
            }

            Telemetry.TurnOff();
            DeviceWorkspace.Limit();
            Start(intraOpThreads);
            IntraOpThreads = intraOpThreads;
        }
    }

    private static void Start(int intraOpThreads)
    {
        // Spinning workers would take processor time from the runner threads.
        var threads = new OrtThreadingOptions
        {
            GlobalIntraOpNumThreads = intraOpThreads,
            GlobalInterOpNumThreads = 1,
            GlobalSpinControl = false,
        };
        var options = new EnvironmentCreationOptions
        {
            logId = "krewe",
            logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
            threadOptions = threads,
            loggingFunction = Forward,
        };
        OrtEnv.CreateInstanceWithOptions(ref options);
    }

    private static void Forward(nint param, OrtLoggingLevel severity, string category, string logId, string codeLocation, string message)
    {
        if (log is { } logger)
        {
            // Failures of loads and runs are thrown as exceptions and logged once, by us.
            var level = severity >= OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL ? LogLevel.Error : LogLevel.Debug;
            LogRuntime(logger, level, logId, message);
        }
    }

    [LoggerMessage(EventId = 100, Message = "ONNX Runtime ({Source}): {Text}")]
    private static partial void LogRuntime(ILogger logger, LogLevel level, string source, string text);
}

/// <summary>
/// Limits the cuBLAS workspace. Every session has one per concurrent run, kept for its lifetime; the default of 32 MiB on newer devices
/// exceeds the size of most models. 8 MiB measured equally fast.
/// </summary>
internal static class DeviceWorkspace
{
    public const string Variable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>Two blocks of 4096 KiB.</summary>
    public const string Small = ":4096:2";

    /// <summary>Call before the first session on a device. A value set by the user is kept.</summary>
    public static void Limit()
    {
        if (NativeEnvironment.Get(Variable) is null)
        {
            NativeEnvironment.Set(Variable, Small);
        }
    }
}

/// <summary>Disables ONNX Runtime's telemetry, which is on by default on Linux from 1.29 and is read from the C environment.</summary>
internal static class Telemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Must precede the first call of ONNX Runtime; has no effect afterwards.</summary>
    public static void TurnOff() => NativeEnvironment.Set(Variable, "1");

    /// <summary>The value seen by native code; null if unset.</summary>
    public static string? NativeValue() => NativeEnvironment.Get(Variable);
}
