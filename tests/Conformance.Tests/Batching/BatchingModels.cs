using Krewe.Conformance.Tests.Server;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Batching;

/// <summary>Models that wait a little for company, so that what is sent at once surely runs together where it may.</summary>
public sealed class BatchingModels : ServedFolder
{
    internal const string Mlp = "mlp", Cnn = "cnn", Linear = "linear", Mean = "mean", Gather = "gather";
    private const string Waiting = """{"maxQueueDelayMicroseconds": 20000}""";

    private protected override void Fill(ModelsFolder models) => models
        .Add(Mlp, TinyModels.Mlp(16, 32, 8), Waiting)
        .Add(Cnn, TinyModels.Cnn(3, 16, 16), Waiting)
        .Add(Linear, TinyModels.Linear(), Waiting)
        .Add(Mean, TinyModels.BatchMean(), Waiting)
        .Add(Gather, TinyModels.Gather(), Waiting);
}
