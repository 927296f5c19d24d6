using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// Adds the NVIDIA execution providers to session options. Throws, naming what is missing, if a provider library cannot be loaded.
/// </summary>
internal static class NvidiaProviders
{
    private static readonly Dictionary<string, string> CudaSettings = new()
    {
        // Convolutions are planned again whenever the number of rows changes. The default search compares all algorithms each time, which
        // took 17 times as long and found nothing faster.
        ["cudnn_conv_algo_search"] = "HEURISTIC",

        // TF32 (the default) keeps only ten mantissa bits: a row would give other digits in a batch than alone, and on a GPU than on a CPU.
        // Full precision costs a sixth of the throughput, a third with large batches.
        ["use_tf32"] = "0",
    };

    public static void AddCuda(SessionOptions options)
    {
        // The arena allocates in powers of two: for weights, which are permanent, that wastes up to half of the memory.
        options.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");

        // Only this overload reports what is wrong with the provider library.
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(CudaSettings);
        options.AppendExecutionProvider_CUDA(cuda);
    }

    public static void AddTensorRt(SessionOptions options)
    {
        try
        {
            options.AppendExecutionProvider_Tensorrt();
        }
        catch (OnnxRuntimeException error) when (error.Message.Contains("load shared library", StringComparison.Ordinal))
        {
            throw new DllNotFoundException(
                "libraries of TensorRT (libnvinfer, libnvonnxparser), of CUDA or of cuDNN cannot be loaded", error);
        }
    }
}
