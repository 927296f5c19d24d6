using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>
/// The operators that are known, by domain and name. Where the meaning of one has changed with the operator set, its rule looks at
/// <see cref="OperatorCall.Opset"/>. What is not here is not known, and nothing is said of models with it.
/// </summary>
internal static partial class OperatorTable
{
    /// <summary>The newest version of the standard operator set whose changes have been read.</summary>
    public const long NewestOpset = 26;

    private const string Learning = "ai.onnx.ml";
    private const string Microsoft = "com.microsoft";

    private static readonly FrozenDictionary<(string Domain, string Name), OperatorEntry> Entries =
        Standard().Concat(MachineLearning()).Concat(Fused()).ToFrozenDictionary(entry => (entry.Domain, entry.Name));

    /// <summary>Every operator there is.</summary>
    public static IEnumerable<OperatorEntry> All => Entries.Values;

    /// <summary>What is known of an operator; null where nothing is.</summary>
    public static OperatorEntry? Find(string domain, string name) => Entries.GetValueOrDefault((domain, name));

    private static IEnumerable<OperatorEntry> Of(string domain, string names, Func<OperatorCall, RowValue> rule,
        params int[] shapeInputs) =>
        Of(domain, names, call => [rule(call)], shapeInputs);

    private static IEnumerable<OperatorEntry> Of(string domain, string names, RowRule rule, params int[] shapeInputs) =>
        names.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => new OperatorEntry(domain, name, rule, [.. shapeInputs.AsEnumerable()]));
}
