"""Our CustomResourceDefinitions, generated from the Structs of the model."""
