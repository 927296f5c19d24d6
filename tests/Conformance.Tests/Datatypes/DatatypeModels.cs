using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Datatypes;

/// <summary>
/// For every datatype: models that give back what they get, of every kind of declared shape, and one that joins two inputs.
/// </summary>
public sealed class DatatypeModels : ServedFolder
{
    internal static readonly long[][] Shapes = [[], [1], [0], [0, 3], [2, 3], [2, 1, 3, 1, 2]];

    internal static string Fixed(string datatype, int shape) => $"{datatype}-fixed-{shape}";

    internal static string Free(string datatype, int rank) => $"{datatype}-free-{rank}";

    internal static string AnyRank(string datatype) => $"{datatype}-any-rank";

    internal static string Joined(string datatype) => $"{datatype}-joined";

    private protected override void Fill(ModelsFolder models)
    {
        foreach (var datatype in DatatypeTable.Names)
        {
            var type = DatatypeTable.ToOnnx(datatype);
            foreach (var (index, shape) in Shapes.Index())
            {
                models.Add(Fixed(datatype, index), TinyModels.Identity(type, [.. shape.Select(Dimension.FromInt64)]));
            }

            foreach (var rank in Shapes.Select(static shape => shape.Length).Where(static rank => rank > 0).Distinct())
            {
                var shape = Enumerable.Range(0, rank).Select(static i => (Dimension)$"d{i}");
                models.Add(Free(datatype, rank), TinyModels.Identity(type, [.. shape]));
            }

            models.Add(AnyRank(datatype), new ModelBuilder("any-rank")
                .Input("x", ValueKind.AnyRank(type))
                .Node("Identity", ["x"], "y")
                .Output("y", ValueKind.AnyRank(type)));
            models.Add(Joined(datatype), new ModelBuilder("joined")
                .Input("x", type, "n")
                .Input("z", type, "m")
                .Node("Concat", ["x", "z"], "y", ("axis", 0))
                .Output("y", type, "sum"));
        }
    }
}
