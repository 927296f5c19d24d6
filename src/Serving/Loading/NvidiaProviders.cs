using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>
/// Adds the providers for NVIDIA devices to a session's options. Throws where one cannot be loaded, and says what is missing.
/// </summary>
internal static class NvidiaProviders
{
    private static readonly Dictionary<string, string> CudaSettings = new()
    {
        // Convolutions plan anew whenever the number of rows changes. The default compares all ways to compute them each time,
        // which took 17 times as long and found nothing faster.
        ["cudnn_conv_algo_search"] = "HEURISTIC",

        // The default leaves ten bits of each factor: a row would get other digits in a batch than alone, and other ones on a
        // node with a device than on one without. Full precision costs a sixth of the rate, a third with large batches.
        ["use_tf32"] = "0",
    };

    public static void AddCuda(SessionOptions options)
    {
        // The arena takes memory in powers of two: for weights, which stay, that is up to twice what they need.
        options.AddSessionConfigEntry("session.use_device_allocator_for_initializers", "1");

        // Of the two ways to add a provider only the one with settings says what is wrong with its library.
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
