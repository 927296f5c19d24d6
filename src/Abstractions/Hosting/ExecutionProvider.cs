namespace Krewe.Abstractions.Hosting;

/// <summary>What executes a model's graph.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor; always there.</summary>
    Cpu,

    /// <summary>An NVIDIA device through CUDA.</summary>
    Cuda,

    /// <summary>An NVIDIA device through TensorRT.</summary>
    TensorRt,
}
