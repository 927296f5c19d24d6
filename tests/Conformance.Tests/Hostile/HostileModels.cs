using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>What hostile requests are aimed at.</summary>
internal static class HostileModels
{
    public const string Linear = "linear", TwoInputs = "two-inputs", Strings = "strings";
    public const string Scalar = "scalar", Gather = "gather", AnyRank = "any-rank";

    /// <summary>Cannot be loaded.</summary>
    public const string Corrupt = "corrupt";

    /// <summary>The one that is loaded and unloaded.</summary>
    public const string Victim = "victim";

    /// <summary>Models that may be listed UNAVAILABLE, and so may answer 503.</summary>
    public static bool MayBeUnavailable(string? model) => model is Corrupt or Victim;

    public static void AddTo(ModelsFolder models) => models
        .Add(Linear, TinyModels.Linear())
        .Add(TwoInputs, TinyModels.TwoInputs())
        .Add(Strings, TinyModels.Strings())
        .Add(Scalar, TinyModels.Identity(TensorType.Int64))
        .Add(Gather, TinyModels.Gather())
        .Add(AnyRank, new ModelBuilder("any-rank")
            .Input("x", ValueKind.AnyRank(TensorType.Float))
            .Node("Identity", ["x"], "y")
            .Output("y", ValueKind.AnyRank(TensorType.Float)))
        .Add(Victim, TinyModels.Linear())
        .Add(Corrupt, 1, TinyModels.Corrupt());
}
