using Krewe.Onnx.Building;

namespace Krewe.Training;

/// <summary>A sample model: its data, its training, and the resulting graph.</summary>
internal interface ISample
{
    /// <summary>The name of the model and its folder.</summary>
    string Name { get; }

    /// <summary>
    /// Trains the model, logging progress and the quality on held-out data. Deterministic on every machine: one thread, seeded random
    /// numbers, and only arithmetic that IEEE 754 rounds exactly.
    /// </summary>
    ModelBuilder Train(TextWriter log);
}
