using Krewe.Conformance.Tests.Server;
using Krewe.Onnx.Building;
using Krewe.Serving.Tests.Aliasing;

namespace Krewe.Conformance.Tests.Aliasing;

/// <summary>Models whose outputs may have the memory of their inputs, of initializers, or of each other.</summary>
public sealed class AliasedModels : ServedFolder
{
    internal const int Graphs = 12;
    internal const string Negated = "negated", Large = "large", Constant = "constant";

    /// <summary>The elements of a row of <see cref="Large"/>.</summary>
    internal const int LargeColumns = 50_000;

    private static readonly int FirstSeed = Replay.Seed();

    /// <summary>How the settings have requests run, by name.</summary>
    internal static readonly (string Name, string Settings)[] Ways =
    [
        ("joined", """{"maxBatchSize": 8, "maxQueueDelayMicroseconds": 500}"""),
        ("split", """{"maxBatchSize": 2}"""),
        ("alone", """{"maxBatchSize": 0}"""),
    ];

    /// <summary>Graphs drawn at random, other ones in every run; a failure names the seed.</summary>
    internal static AliasedGraph[] Drawn { get; } = [.. Enumerable.Range(FirstSeed, Graphs).Select(static seed => AliasedGraph.Draw(seed))];

    internal static AliasedGraph WithConstants { get; } = AliasedGraph.Draw(FirstSeed, hasConstants: true);

    private protected override void Fill(ModelsFolder models)
    {
        models.Add(Negated, NegatedModel(AliasedGraph.Columns), """{"maxBatchSize": 8}""").Add(Large, NegatedModel(LargeColumns), """{"maxBatchSize": 0}""")
            .Add(Constant, WithConstants.Model, """{"maxBatchSize": 0}""");
        foreach (var (way, settings) in Ways)
        {
            foreach (var (index, graph) in Drawn.Index())
            {
                models.Add($"{way}-{index}", graph.Model, settings);
            }
        }
    }

    private static ModelBuilder NegatedModel(int columns) => new ModelBuilder("negated", opset: 13)
        .Input("x", TensorType.Float, "N", columns)
        .Node("Neg", ["x"], "y")
        .Output("y", TensorType.Float, "N", columns)
        .Output("x", TensorType.Float, "N", columns);
}
