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
/// Opens sessions on the best available execution provider. A provider that ONNX Runtime lists may lack its library or a device, so it
/// counts as working once a session was created with it. If the first attempt fails, it is not retried unless a model requests it by name;
/// after a success, a failure is attributed to the model or to a device that is temporarily full.
/// </summary>
internal sealed partial class ExecutionProviders(ImmutableArray<ExecutionProvider> allowed, ILogger<ExecutionProviders> logger)
{
    private volatile bool cudaFailed;
    private volatile bool cudaWorked;

    /// <summary>Providers whose device and library are present, CPU first. Whether they work is known once a session is created.</summary>
    public ImmutableArray<ExecutionProvider> Present => [.. Found.Where(Allows)];

    private ImmutableArray<ExecutionProvider> Found => !HasNvidiaDevice() || cudaFailed || !HasLibrary("cuda")
        ? [ExecutionProvider.Cpu]
        : HasLibrary("tensorrt")
            ? [ExecutionProvider.Cpu, ExecutionProvider.Cuda, ExecutionProvider.TensorRt]
            : [ExecutionProvider.Cpu, ExecutionProvider.Cuda];

    /// <summary>Opens the model; throws <see cref="KreweException"/> if its settings require a provider that is unavailable.</summary>
    public (InferenceSession Session, ExecutionProvider Provider) Open(ModelId model, string path, ModelManifest manifest)
    {
        var wanted = manifest.ExecutionProvider ?? (
            HasNvidiaDevice() && !cudaFailed && Allows(ExecutionProvider.Cuda) ? ExecutionProvider.Cuda : ExecutionProvider.Cpu);
        if (!Allows(wanted) && manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable($"it requires execution provider {wanted}, which is disabled in this process");
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
    /// Falls back to CPU after <paramref name="wanted"/> failed; throws <see cref="KreweException"/> if the model's settings require that
    /// provider.
    /// </summary>
    public (InferenceSession Session, ExecutionProvider Provider) FallBack(
        ModelId model, string path, ModelManifest manifest, ExecutionProvider wanted, Exception error)
    {
        if (manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable(
                $"it requires execution provider {wanted}, which is not usable here: {RunError.Describe(error)}", null, error);
        }

        // The model itself may be at fault: then this throws too, and the provider is not reported.
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
            // An arena never shrinks, and a memory pattern is kept for every shape: both grow. Sessions come and go here, so their memory
            // comes from the C library, which can return it to the system.
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
            // One intra-op thread means the runner thread itself: the session creates none.
            options.IntraOpNumThreads = 1;
        }

        return options;
    }

    /// <summary>ONNX Runtime loads provider libraries from its own folder.</summary>
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
