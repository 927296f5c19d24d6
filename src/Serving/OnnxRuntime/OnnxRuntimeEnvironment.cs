using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// ONNX Runtime's process-wide environment: telemetry off, one shared pool of intra-op threads for all sessions that ask for more
/// than one, and its log lines in ours. Whoever comes first decides the options; there can be only one environment in a process.
/// </summary>
internal static partial class OnnxRuntimeEnvironment
{
    private static readonly Lock Gate = new();
    private static ILogger? log;

    /// <summary>Threads of the shared intra-op pool; 0 before the environment is there.</summary>
    public static int IntraOpThreads { get; private set; }

    /// <summary>Makes the environment where it is not there yet. Must come before any other use of ONNX Runtime.</summary>
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
        // Spinning workers would take the processor from the runner threads.
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
            // What fails in a load or a run reaches us as an exception and is said once, by us.
            var level = severity >= OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL ? LogLevel.Error : LogLevel.Debug;
            LogRuntime(logger, level, logId, message);
        }
    }

    [LoggerMessage(EventId = 100, Message = "ONNX Runtime ({Source}): {Text}")]
    private static partial void LogRuntime(ILogger logger, LogLevel level, string source, string text);
}

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

/// <summary>
/// Turns ONNX Runtime's telemetry off. From 1.29 it is on by default on Linux and reads its switch from the C environment.
/// </summary>
internal static class Telemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Must come before the first call of ONNX Runtime; after that it has no effect.</summary>
    public static void TurnOff() => NativeEnvironment.Set(Variable, "1");

    /// <summary>The switch as native code sees it; null where it is not set.</summary>
    public static string? NativeValue() => NativeEnvironment.Get(Variable);
}
