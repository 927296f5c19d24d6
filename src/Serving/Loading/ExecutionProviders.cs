using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;
using Microsoft.Extensions.Logging;

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

    /// <summary>
    /// Opens the model by <paramref name="open"/>; throws <see cref="KreweException"/> if its settings require a provider that is
    /// unavailable.
    /// </summary>
    public (IGraph Graph, ExecutionProvider Provider) Open(
        ModelId model, ModelManifest manifest, Func<ExecutionProvider, IGraph> open)
    {
        var wanted = manifest.ExecutionProvider ?? (
            HasNvidiaDevice() && !cudaFailed && Allows(ExecutionProvider.Cuda) ? ExecutionProvider.Cuda : ExecutionProvider.Cpu);
        if (!Allows(wanted) && manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable($"it requires execution provider {wanted}, which is disabled in this process");
        }

        if (wanted == ExecutionProvider.Cpu || !Allows(wanted))
        {
            return (open(ExecutionProvider.Cpu), ExecutionProvider.Cpu);
        }

        try
        {
            var graph = open(wanted);
            cudaWorked = true;
            return (graph, wanted);
        }
        catch (GraphException error)
        {
            return FallBack(model, manifest, open, wanted, error);
        }
    }

    /// <summary>
    /// Falls back to CPU after <paramref name="wanted"/> failed; throws <see cref="KreweException"/> if the model's settings require that
    /// provider.
    /// </summary>
    public (IGraph Graph, ExecutionProvider Provider) FallBack(
        ModelId model, ModelManifest manifest, Func<ExecutionProvider, IGraph> open, ExecutionProvider wanted, Exception error)
    {
        if (manifest.ExecutionProviderRequired)
        {
            throw KreweException.Unavailable(
                $"it requires execution provider {wanted}, which is not usable here: {RunError.Describe(error)}", null, error);
        }

        // The model itself may be at fault: then this throws too, and the provider is not reported.
        var graph = open(ExecutionProvider.Cpu);
        cudaFailed |= manifest.ExecutionProvider is null && !cudaWorked && !RunError.IsOutOfMemory(error);
        LogFellBack(model, wanted, RunError.Describe(error));
        return (graph, ExecutionProvider.Cpu);
    }

    private bool Allows(ExecutionProvider provider) => provider == ExecutionProvider.Cpu || allowed.IsDefault || allowed.Contains(provider);

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
