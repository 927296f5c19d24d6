using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

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
}
