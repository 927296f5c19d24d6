namespace Krewe.Serving.Node;

/// <summary>Memory and queues of a process at one moment.</summary>
/// <param name="BudgetBytes">What sessions may hold together.</param>
/// <param name="UsedBytes">What sessions hold and loads under way have reserved.</param>
/// <param name="Sessions">Versions in memory.</param>
/// <param name="QueueDepth">Requests that wait in all queues.</param>
public readonly record struct NodeCapacity(long BudgetBytes, long UsedBytes, int Sessions, int QueueDepth);
