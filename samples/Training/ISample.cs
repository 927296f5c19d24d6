using Krewe.Onnx.Building;

namespace Krewe.Training;

/// <summary>A sample service: data, a way to learn from it, and the graph that comes out.</summary>
internal interface ISample
{
    /// <summary>The model's name, which is also its folder's.</summary>
    string Name { get; }

    /// <summary>
    /// Trains the model, telling progress and the quality on data held out from training. The same call gives the same model
    /// on every machine: one thread, seeded random numbers, and only arithmetic that IEEE 754 rounds exactly.
    /// </summary>
    ModelBuilder Train(TextWriter log);
}
