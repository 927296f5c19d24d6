using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>
/// Opens a session on the best execution provider there is. What ONNX Runtime lists as available may lack its library or a
/// device, so a provider counts as present when a session with it could be made. Where none ever could, it is not tried again unless
/// a model asks for it by name; once one was, what fails is that model's failure, or a device that is full for the moment.
/// </summary>
internal sealed partial class ExecutionProviders(ImmutableArray<ExecutionProvider> allowed, ILogger<ExecutionProviders> logger)
{
    private volatile bool cudaFailed;
    private volatile bool cudaWorked;

    /// <summary>
    /// Providers that a session can be expected to run on, the processor first: those whose device and library are there. Whether a
    /// session can really be made shows when one is.
    /// </summary>
    public ImmutableArray<ExecutionProvider> Present => [.. Found.Where(Allows)];

    private ImmutableArray<ExecutionProvider> Found => !HasNvidiaDevice() || cudaFailed || !HasLibrary("cuda")
        ? [ExecutionProvider.Cpu]
        : HasLibrary("tensorrt")
            ? [ExecutionProvider.Cpu, ExecutionProvider.Cuda, ExecutionProvider.TensorRt]
            : [ExecutionProvider.Cpu, ExecutionProvider.Cuda];

    /// <summary>Opens the model; throws <see cref="KreweException"/> where its settings insist on a provider that is not there.</summary>
    public (InferenceSession Session, ExecutionProvider Provider) Open(ModelId model, string path, ModelManifest manifest)
    {
        var wanted = manifest.ExecutionProvider ?? (
            HasNvidiaDevice() && !cudaFailed && Allows(ExecutionProvider.Cuda) ? ExecutionProvider.Cuda : ExecutionProvider.Cpu);
        if (!Allows(wanted) && manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable($"it requires execution provider {wanted}, which this process was told not to use");
        }

        if (wanted == ExecutionProvider.Cpu || !Allows(wanted))
        {
            return (OpenOn(ExecutionProvider.Cpu, path, manifest), ExecutionProvider.Cpu);
        }

        try
        {
            var session = OpenOn(wanted, path, manifest);
            cudaWorked = true;
            return (session, wanted);
        }
        catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            return FallBack(model, path, manifest, wanted, error);
        }
    }

    /// <summary>
    /// Opens on the processor what <paramref name="wanted"/> failed for; throws <see cref="KreweException"/> where the model's settings
    /// insist on that.
    /// </summary>
    public (InferenceSession Session, ExecutionProvider Provider) FallBack(
        ModelId model, string path, ModelManifest manifest, ExecutionProvider wanted, Exception error)
    {
        if (manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable(
                $"it requires execution provider {wanted}, which is not usable here: {RunError.Describe(error)}", null, error);
        }

        // The model itself may be what is wrong: then this throws as well, and nothing is said about the provider.
        var session = OpenOn(ExecutionProvider.Cpu, path, manifest);
        cudaFailed |= manifest.ExecutionProvider is null && !cudaWorked && !RunError.IsOutOfMemory(error);
        LogFellBack(model, wanted, RunError.Describe(error));
        return (session, ExecutionProvider.Cpu);
    }

    private bool Allows(ExecutionProvider provider) => provider == ExecutionProvider.Cpu || allowed.IsDefault || allowed.Contains(provider);

    private static InferenceSession OpenOn(ExecutionProvider provider, string path, ModelManifest manifest)
    {
        using var options = CreateOptions(manifest);
        switch (provider)
        {
            case ExecutionProvider.TensorRt:
                NvidiaProviders.AddTensorRt(options);
                NvidiaProviders.AddCuda(options);
                break;
            case ExecutionProvider.Cuda:
                NvidiaProviders.AddCuda(options);
                break;
            case ExecutionProvider.Cpu:
                break;
        }

        return new InferenceSession(path, options);
    }

    private static SessionOptions CreateOptions(ModelManifest manifest)
    {
        var options = new SessionOptions
        {
            // An arena keeps what it once had and a memory pattern is kept for every shape seen: both grow. Sessions come and go
            // here, so their memory comes from the C library, which can give it back to the system.
            EnableCpuMemArena = false,
            EnableMemoryPattern = false,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            InterOpNumThreads = 1,
        };
        if (manifest.Threads is > 1)
        {
            options.DisablePerSessionThreads();
        }
        else
        {
            // One intra-op thread is the runner thread itself: the session makes none.
            options.IntraOpNumThreads = 1;
        }

        return options;
    }

    /// <summary>ONNX Runtime loads a provider's library from where its own lies.</summary>
    private static bool HasLibrary(string provider)
    {
        var file = OperatingSystem.IsWindows() ? $"onnxruntime_providers_{provider}.dll" : $"libonnxruntime_providers_{provider}.so";
        var folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory)
            .Any(folder => File.Exists(Path.Combine(folder, file)));
    }

    private static bool HasNvidiaDevice() => OperatingSystem.IsLinux()
        ? File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg")
        : OperatingSystem.IsWindows() && File.Exists(Path.Combine(Environment.SystemDirectory, "nvcuda.dll"));

    [LoggerMessage(EventId = 110, Level = LogLevel.Warning,
        Message = "Model {Model}: execution provider {Provider} is not usable, running on CPU instead: {Reason}")]
    private partial void LogFellBack(ModelId model, ExecutionProvider provider, string reason);
}
