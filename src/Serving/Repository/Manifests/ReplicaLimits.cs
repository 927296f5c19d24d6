namespace Krewe.Serving;

/// <summary>How many copies of a version a cluster keeps, at least and at most.</summary>
internal readonly record struct ReplicaLimits(int Min, int Max)
{
    /// <summary>Of a model whose settings say nothing: one copy while somebody calls.</summary>
    public static ReplicaLimits Default { get; } = new(0, 1);
}
