namespace Krewe.Grains.Interfaces;

/// <summary>One change of the route book.</summary>
/// <param name="Before">The sequence of the book that it changes; whoever has another one reads the whole book.</param>
/// <param name="Sequence">The sequence of the book with it.</param>
/// <param name="Route">The route, which leaves the book where it is the default.</param>
[GenerateSerializer, Immutable, Alias("krewe.route-news")]
public sealed record RouteNews([property: Id(0)] long Before, [property: Id(1)] long Sequence, [property: Id(2)] ModelRoute Route);
