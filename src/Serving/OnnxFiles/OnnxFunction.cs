using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>An operator that the model brings itself, as a graph of others.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="Name">Its name.</param>
/// <param name="Overload">Tells functions of one name apart.</param>
/// <param name="Body">What it does; its inputs and outputs take the place of the node's.</param>
/// <param name="Defaults">Attributes with the value they have where a call does not give them.</param>
/// <param name="Opsets">The operator sets that its body draws on.</param>
internal sealed record OnnxFunction(
    string Domain, string Name, string Overload, OnnxGraph Body, ImmutableArray<OnnxAttribute> Defaults,
    ImmutableDictionary<string, long> Opsets);
