using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Publishing;

/// <summary>
/// Whether a signature is backward compatible: inputs keep their names and types and accept every shape they accepted before; every output
/// still exists, with the same type and a compatible shape. Additional outputs are allowed. An output whose type the file leaves to
/// inference is not checked further.
/// </summary>
public static class SignatureCompatibility
{
    /// <summary>Every incompatibility, described in words; empty if there is none.</summary>
    public static ImmutableArray<string> FindDifferences(
        ImmutableArray<TensorSpec> oldInputs, ImmutableArray<TensorSpec> oldOutputs,
        ImmutableArray<TensorSpec> newInputs, ImmutableArray<TensorSpec> newOutputs) =>
    [
        .. Compare("input", oldInputs, newInputs, TakesAll),
        .. newInputs.Where(added => Find(oldInputs, added.Name) is null).Select(added => $"input {Describe(added)} is new"),
        .. Compare("output", oldOutputs, newOutputs, GivesAll),
    ];

    private static IEnumerable<string> Compare(
        string role, ImmutableArray<TensorSpec> before, ImmutableArray<TensorSpec> now, Func<TensorSpec, TensorSpec, bool> fits)
    {
        foreach (var old in before)
        {
            if (Find(now, old.Name) is not { } found)
            {
                yield return $"{role} {Describe(old)} is missing";
            }
            else if ((found.Type != old.Type && found.Type != default) || !fits(old, found))
            {
                yield return $"{role} {Describe(old)} became {Form(found)}{(LosesBatches(old, found) ? ", which ends batching" : "")}";
            }
        }
    }

    /// <summary>The new input accepts every shape that the old one accepted.</summary>
    private static bool TakesAll(TensorSpec old, TensorSpec now) => now.AnyRank || (!old.AnyRank && Agree(old, now));

    /// <summary>The new output does not contradict the old shape; an unknown rank promises nothing.</summary>
    private static bool GivesAll(TensorSpec old, TensorSpec now) => now.AnyRank || old.AnyRank || Agree(old, now);

    private static bool Agree(TensorSpec old, TensorSpec now) =>
        old.Shape.Length == now.Shape.Length && old.Shape.Zip(now.Shape).All(pair => pair.Second < 0 || pair.Second == pair.First);

    private static bool LosesBatches(TensorSpec old, TensorSpec now) =>
        !old.AnyRank && !now.AnyRank && old.Shape is [< 0, ..] && now.Shape is [>= 0, ..];

    private static TensorSpec? Find(ImmutableArray<TensorSpec> specs, string name) => specs.FirstOrDefault(spec => spec.Name == name);

    private static string Describe(TensorSpec spec) => $"'{ErrorText.Quote(spec.Name)}' {Form(spec)}";

    private static string Form(TensorSpec spec) =>
        spec.Type.WireName() + (spec.AnyRank ? " of any shape" : TensorShape.Format(spec.Shape.AsSpan()));
}
