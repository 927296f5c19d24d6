using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Publishing;

/// <summary>
/// Whether callers of one version can go on with another: its inputs have the same names and types and take every shape that they took
/// before; every output is still there, of the same type and of a shape that callers expect. Further outputs disturb nobody. Of an output
/// without a type, which its file leaves to be inferred, nothing more is said.
/// </summary>
public static class SignatureCompatibility
{
    /// <summary>Every difference that callers of the old version would notice, in words; empty where there is none.</summary>
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

    /// <summary>Every shape that the old input took, the new one takes too.</summary>
    private static bool TakesAll(TensorSpec old, TensorSpec now) => now.AnyRank || (!old.AnyRank && Agree(old, now));

    /// <summary>What the old output promised, the new one does not contradict; an unknown rank promises nothing.</summary>
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
