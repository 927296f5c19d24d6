using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Krewe.Serving.Operators;

/// <summary>
/// The supported operators, by domain and name. If the semantics depend on the operator set, the rule checks
/// <see cref="OperatorCall.Opset"/>. Models with other operators are undecided.
/// </summary>
internal static partial class OperatorTable
{
    /// <summary>The newest version of the standard operator set whose changes have been reviewed.</summary>
    public const long NewestOpset = 26;

    private const string Learning = "ai.onnx.ml";
    private const string Microsoft = "com.microsoft";

    private static readonly FrozenDictionary<(string Domain, string Name), OperatorEntry> Entries =
        Standard().Concat(MachineLearning()).Concat(Fused()).ToFrozenDictionary(entry => (entry.Domain, entry.Name));

    /// <summary>All entries.</summary>
    public static IEnumerable<OperatorEntry> All => Entries.Values;

    /// <summary>The entry of an operator; null if it is not supported.</summary>
    public static OperatorEntry? Find(string domain, string name) => Entries.GetValueOrDefault((domain, name));

    private static IEnumerable<OperatorEntry> Of(string domain, string names, Func<OperatorCall, RowValue> rule,
        params int[] shapeInputs) =>
        Of(domain, names, call => [rule(call)], shapeInputs);

    private static IEnumerable<OperatorEntry> Of(string domain, string names, RowRule rule, params int[] shapeInputs) =>
        names.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => new OperatorEntry(domain, name, rule, [.. shapeInputs.AsEnumerable()]));
}
