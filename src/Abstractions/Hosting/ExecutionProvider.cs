namespace Krewe.Abstractions.Hosting;

/// <summary>The backend that executes a model's graph.</summary>
public enum ExecutionProvider
{
    /// <summary>The CPU; always available.</summary>
    Cpu,

    /// <summary>An NVIDIA device through CUDA.</summary>
    Cuda,

    /// <summary>An NVIDIA device through TensorRT.</summary>
    TensorRt,
}
