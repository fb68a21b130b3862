namespace HyperSpector.Engine.Images;

/// <summary>An image layout that is not one, or not one that we can use.</summary>
/// <param name="message">One line.</param>
public sealed class ImageException(string message) : IOException(message);
